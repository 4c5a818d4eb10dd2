import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate authority of our own and a server certificate for 127.0.0.1 and these names, made on the spot. */
export interface TestCertificates {
  ca: string;
  cert: string;
  key: string;
}

/** @param ends in how many years the server's certificate ends; less than none has ended. */
export function testCertificates(ends = 1, hosts: readonly string[] = ['localhost']): TestCertificates {
  const authority = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const server = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const isCa = extension('2.5.29.19', sequence(tlv(0x01, Buffer.from([0xff]))), true);
  const names = sequence(...hosts.map(host => tlv(0x82, Buffer.from(host))), tlv(0x87, Buffer.from([127, 0, 0, 1])));
  const ca = certificate('Test authority', 'Test authority', authority.publicKey, authority.privateKey, isCa);
  const cert = certificate(
    'localhost',
    'Test authority',
    server.publicKey,
    authority.privateKey,
    extension('2.5.29.17', names),
    ends,
  );
  return { ca, cert, key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** X.509 v3 (RFC 5280), signed with ECDSA and SHA-256. */
function certificate(
  subject: string,
  issuer: string,
  key: KeyObject,
  signer: KeyObject,
  extensions: Buffer,
  ends = 1,
): string {
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(8)]);
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, serial),
    algorithm,
    name(issuer),
    sequence(time(-1), time(ends)),
    name(subject),
    key.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(extensions)),
  );
  const signature = sign('sha256', body, signer);
  const der = sequence(body, algorithm, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function name(common: string): Buffer {
  return sequence(tlv(0x31, sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(common)))));
}

function time(years: number): Buffer {
  const at = new Date(Date.now() + years * 365 * 86_400_000).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return tlv(0x17, Buffer.from(`${at}Z`));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [tlv(0x01, Buffer.from([0xff]))] : []), tlv(0x04, value));
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

/** SHA-256, hexadecimal. */
export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
