// What the package brings along of other people's work: a software bill of materials (CycloneDX) and their licences,
// both made from what the bundler really put into dist/, so that neither can tell of more or less.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';

const MODULES = `${sep}node_modules${sep}`;

/**
 * The npm packages with code in these outputs of rolldown, by name.
 * @returns `{ name, version, license, author, folder }`, folder relative to the checkout with `/`.
 */
function bundledPackages(root, outputs) {
  const used = outputs.flatMap(chunk => Object.entries(chunk.modules ?? {}));
  const folders = new Set(used.filter(([, { renderedLength }]) => renderedLength > 0).flatMap(([id]) => folderOf(id)));
  return [...folders].sort().map(folder => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    return { name, version, license, author: typeof author === 'string' ? author : author?.name, folder };
  });
}

/** @param id path of a module. A package may lie below another one: the innermost is meant. */
function folderOf(id) {
  const at = id.lastIndexOf(MODULES);
  if (at < 0) return [];
  const parts = id.slice(at + MODULES.length).split(sep);
  const name = parts.slice(0, parts[0].startsWith('@') ? 2 : 1).join(sep);
  const start = id.indexOf(MODULES) + 1;
  return [`${id.slice(start, at + MODULES.length)}${name}`.replaceAll(sep, '/')];
}

/** Writes `sbom.cdx.json` and `THIRD-PARTY-NOTICES.txt` into dist. */
export function writeBill(root, dist, outputs) {
  const packages = bundledPackages(root, outputs);
  writeFileSync(join(dist, 'sbom.cdx.json'), `${JSON.stringify(billOfMaterials(root, packages))}\n`);
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), notices(root, packages));
}

/** No time and no serial number: the same checkout gives the same bytes. */
function billOfMaterials(root, packages) {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const native = Object.entries(own.optionalDependencies ?? {}).map(([name, version]) => {
    return {
      name,
      version,
      license: lock[`node_modules/${name}`].license,
      optional: true,
    };
  });
  const components = [...packages, ...native].map(({ name, version, license, optional }) => ({
    type: 'library',
    name,
    version,
    scope: optional ? 'optional' : 'required',
    purl: purl(name, version),
    licenses: [{ license: { id: license } }],
  }));
  const { name, version, license, description } = own;
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        name,
        version,
        description,
        purl: purl(name, version),
        licenses: [{ license: { id: license } }],
      },
    },
    components,
  };
}

function purl(name, version) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** Every licence once, below the packages that come with it; Apache's stands in LICENSE already. */
function notices(root, packages) {
  const apache = plain(readFileSync(join(root, 'LICENSE'), 'utf8'));
  const byText = new Map();
  for (const { name, version, license, author, folder } of packages) {
    const text = licenseText(join(root, folder));
    const said =
      text === undefined
        ? `The package has no file with its licence. Its package.json says: ${license}, by ${author}.`
        : plain(text).slice(0, 2000) === apache.slice(0, 2000)
          ? 'Apache License, Version 2.0. Its text is in the file LICENSE of this package.'
          : text;
    byText.set(said, [...(byText.get(said) ?? []), `${name} ${version} (${license})`]);
  }
  const parts = [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  const head = 'dist/ holds code of these packages, under these licences.\n';
  return [head, ...parts].join(`\n${'-'.repeat(78)}\n\n`);
}

/** The licence and the notice of a package, or undefined where it has neither. */
function licenseText(folder) {
  const names = readdirSync(folder).filter(name => /^(licen[cs]e|notice|copying)(\.|-|$)/i.test(name));
  const texts = names.sort().map(name => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim());
  return texts.length > 0 ? texts.join('\n\n') : undefined;
}

function plain(text) {
  return text.replace(/\s+/g, ' ').trim();
}
