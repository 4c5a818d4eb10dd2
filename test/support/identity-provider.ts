import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';

/** An OpenID provider on loopback: signs identities, and lets everybody in at once. */
export class IdentityProvider {
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #codes = new Map<string, string>();
  readonly #server: Server;
  url = '';
  /** What it says of whoever signs in; undefined declines. */
  person: Record<string, unknown> | undefined = { sub: 'ada', groups: ['pipeline'] };
  /** Audiences that GitHub's token endpoint was asked for, with the authorisation it got. */
  readonly asked: { audience: string | null; authorization: string | undefined }[] = [];
  /** What GitHub's token endpoint says of a job. */
  job: Record<string, unknown> = {};

  private constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '', this.url);
      const json = (body: unknown): void => {
        response.writeHead(200, { 'Content-Type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      if (url.pathname === '/.well-known/openid-configuration') return json(this.#discovery());
      if (url.pathname === '/keys') return json({ keys: [this.#publicKey()] });
      if (url.pathname === '/authorize') {
        response.writeHead(302, { Location: this.#comeBack(url.searchParams) });
        return response.end();
      }
      if (url.pathname === '/job') {
        const audience = url.searchParams.get('audience');
        this.asked.push({ audience, authorization: request.headers.authorization });
        return json({ value: this.token({ aud: audience, ...this.job }) });
      }
      if (url.pathname === '/token') {
        let body = '';
        request.on('data', chunk => {
          body += String(chunk);
        });
        request.on('end', () => {
          const nonce = this.#codes.get(new URLSearchParams(body).get('code') ?? '');
          json({
            access_token: 'unused',
            token_type: 'Bearer',
            id_token: this.token({ aud: 'vault', nonce, ...this.person }),
          });
        });
        return undefined;
      }
      response.writeHead(404);
      return response.end();
    });
  }

  static async start(): Promise<IdentityProvider> {
    const provider = new IdentityProvider();
    await new Promise<void>(resolve => provider.#server.listen(0, '127.0.0.1', resolve));
    const address = provider.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    provider.url = `http://127.0.0.1:${address.port}`;
    return provider;
  }

  /** A signed identity token (RS256), good for five minutes unless the claims say otherwise. */
  token(claims: Record<string, unknown>, key = this.#keys.privateKey): string {
    const now = Math.floor(Date.now() / 1000);
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const head = part({ alg: 'RS256', typ: 'JWT', kid: 'one' });
    const body = part({ iss: this.url, iat: now, exp: now + 300, ...claims });
    return `${head}.${body}.${sign('sha256', Buffer.from(`${head}.${body}`), key).toString('base64url')}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #discovery(): Record<string, unknown> {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      jwks_uri: `${this.url}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }

  #publicKey(): Record<string, unknown> {
    return { ...this.#keys.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' };
  }

  #comeBack(query: URLSearchParams): string {
    const back = new URL(query.get('redirect_uri') ?? '');
    back.searchParams.set('state', query.get('state') ?? '');
    if (this.person === undefined) back.searchParams.set('error', 'access_denied');
    else {
      const code = randomUUID();
      this.#codes.set(code, query.get('nonce') ?? '');
      back.searchParams.set('code', code);
    }
    return back.href;
  }
}
