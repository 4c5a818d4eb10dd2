import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeWheel } from './wheels.ts';

/** A project as somebody else has made it: its files, and the packages it takes from wheels beside it. */
export interface ForeignProject {
  files: Readonly<Record<string, string>>;
  /** Names of wheels, each with a version; they are found through `[tool.uv.sources]` or an index of the project. */
  wheels: Readonly<Record<string, string>>;
}

/** Writes a project into a folder. @returns file names of its wheels by package. */
export function writeProject(root: string, { files, wheels }: ForeignProject): Record<string, string> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return Object.fromEntries(
    Object.entries(wheels).map(([name, version]) => [
      name,
      makeWheel(join(root, 'wheels'), name.replaceAll('-', '_'), version, 1),
    ]),
  );
}

const source = (name: string, version: string): string =>
  `${name} = { path = "wheels/${name.replaceAll('-', '_')}-${version}-py3-none-any.whl" }`;
const sources = (wheels: Readonly<Record<string, string>>): string =>
  `[tool.uv.sources]\n${Object.entries(wheels)
    .map(([name, version]) => source(name, version))
    .join('\n')}\n`;

/** A build back end without any package of its own: it makes an editable wheel of a folder. */
const BACKEND = `import os, zipfile
def _name():
    import re
    text = open("pyproject.toml").read()
    return re.search(r'^name = "(.*)"', text, re.M)[1].replace("-", "_")
def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = _name()
    file = f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, file), "w") as z:
        folder = os.path.abspath("src" if os.path.isdir("src") else ".")
        content = {f"_{name}.pth": folder + "\\n", f"{name}-1.dist-info/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 1\\n", f"{name}-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
        content[f"{name}-1.dist-info/RECORD"] = "".join(f"{path},,\\n" for path in [*content, f"{name}-1.dist-info/RECORD"])
        for path, text in content.items():
            z.writestr(path, text)
    return file
build_wheel = build_editable
`;
const BUILD = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n';
const project = (name: string, more = ''): string =>
  `[project]\nname = "${name}"\nversion = "1"\nrequires-python = ">=3.9"\n${more}`;

const full = {
  alpha: '1.0',
  ruffish: '2.0',
  mkdox: '1.1',
  cpulib: '1',
  gpulib: '1',
  prefect: '3.9.1',
  'pre-commit': '4.0',
};

/** Projects that differ in how they are built; none is anybody's. */
export const PROJECTS: Readonly<Record<string, ForeignProject>> = {
  everything: {
    wheels: full,
    files: {
      'backend.py': BACKEND,
      'pyproject.toml': `${project('harbour', 'dependencies = ["alpha", "prefect"]\n')}
[project.optional-dependencies]
dev = ["ruffish"]
docs = ["mkdox"]
all = ["harbour[dev,docs]"]
cpu = ["cpulib"]
gpu = ["gpulib"]

[project.scripts]
harbour = "harbour.cli:main"

[dependency-groups]
lint = ["ruffish"]
dev = ["pre-commit", { include-group = "lint" }]

${BUILD}
[tool.uv]
required-version = ">=0.5"
conflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]

${sources(full)}
[tool.prefect]
logging.level = "INFO"
api.url = "http://127.0.0.1:4300/api"
`,
      'src/harbour/__init__.py': '"""The harbour."""\n',
      'src/harbour/pay.py': `import os
from pydantic import SecretStr
from pydantic_settings import BaseSettings

token = os.environ["STRIPE_API_KEY"]
level = os.getenv("HARBOUR_LOG_LEVEL", "INFO")


class Settings(BaseSettings):
    model_config = {"env_prefix": "HARBOUR_"}
    signing: SecretStr
    retries: int = 3
`,
      'src/harbour/cli.py': 'def main():\n    pass\n',
      'tests/test_x.py': 'import os\nos.environ["ONLY_IN_TESTS_TOKEN"]\n',
      '.env.example': `# Where the flows are registered
PREFECT_API_URL=https://prefect.example.com/api
PREFECT_API_KEY=

# Key of the payment provider,
# from its dashboard under Developers
STRIPE_API_KEY=sk_live_51HxCanaryCanaryCanary
DATABASE_URL=postgresql://harbour:hunter2canary@localhost/harbour
HARBOUR_LOG_LEVEL=INFO
HARBOUR_BATCH_SIZE=500
MAX_TOKENS=4096
# SENTRY_DSN=
OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317
OTEL_EXPORTER_OTLP_PROTOCOL=grpc
OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer canary-otel-header
`,
      '.env': 'PREFECT_LOGGING_LEVEL=DEBUG\nMY_OWN_TOKEN=canary-own-token\nSTRIPE_API_KEY=canary-real-key\n',
      '.env.staging': `PREFECT_API_URL=https://prefect.staging.example.com/api
PREFECT_PROFILE=harbour-staging
PREFECT_API_AUTH_STRING=canary-user:canary-pass
PREFECT_LOGGING_LEVEL=WARNING
OTEL_EXPORTER_OTLP_ENDPOINT=https://otel.staging.example.com:4317
OTEL_EXPORTER_OTLP_PROTOCOL=grpc
HARBOUR_REGION=canary-region
STAGING_ONLY_TOKEN=canary-staging-token
`,
      '.env.prod': 'PREFECT_API_URL=http://prefect.internal.example.com/api\n',
      'prefect.yaml': `name: harbour
deployments:
  - name: nightly
    entrypoint: src/harbour/flows.py:nightly
    work_pool:
      name: k8s
      job_variables:
        image: "{{ $HARBOUR_IMAGE }}"
        env:
          TOKEN: "{{ $WAREHOUSE_TOKEN }}"
  - name: hourly
    entrypoint: src/harbour/flows.py:hourly
`,
      '.pre-commit-config.yaml': 'repos: []\n',
      Makefile: `include .env
.PHONY: test help

test: ## run the tests
\tpytest

help: ## this help
\t@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST)`,
      '.gitignore': '.venv\n.env\n.env.staging\n.env.prod\n',
    },
  },
  'workspace-of-packages': {
    wheels: { alpha: '1.0', beta: '1.0' },
    files: {
      'backend.py': BACKEND,
      'pyproject.toml': `${project('fleet', 'dependencies = ["ship"]\n')}
${BUILD}
[tool.uv.workspace]
members = ["packages/*"]
exclude = ["packages/old"]

${sources({ alpha: '1.0' })}ship = { workspace = true }
`,
      'fleet/__init__.py': '',
      'packages/ship/backend.py': BACKEND,
      'packages/ship/pyproject.toml': `${project('ship', 'dependencies = ["alpha"]\n')}${BUILD}[tool.uv.sources]\nalpha = { path = "../../wheels/alpha-1.0-py3-none-any.whl" }\n`,
      'packages/ship/src/ship/__init__.py': 'import os\nKEY = os.environ.get("SHIP_API_KEY")\n',
      'packages/crane/backend.py': BACKEND,
      'packages/crane/pyproject.toml': `${project('crane', 'dependencies = ["beta"]\n')}${BUILD}[tool.uv.sources]\nbeta = { path = "../../wheels/beta-1.0-py3-none-any.whl" }\n`,
      'packages/crane/src/crane/__init__.py': '',
      'packages/old/pyproject.toml': project('old'),
      'packages/old/old.py': 'import os\nos.environ["OLD_TOKEN"]\n',
    },
  },
  'workspace-without-root': {
    wheels: { alpha: '1.0' },
    files: {
      'pyproject.toml': '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
      'packages/ship/backend.py': BACKEND,
      'packages/ship/pyproject.toml': `${project('ship', 'dependencies = ["alpha"]\n')}${BUILD}[tool.uv.sources]\nalpha = { path = "../../wheels/alpha-1.0-py3-none-any.whl" }\n`,
      'packages/ship/src/ship/__init__.py': '',
    },
  },
  'no-package': {
    wheels: { alpha: '1.0' },
    files: {
      'pyproject.toml': `${project('notebooks', 'dependencies = ["alpha"]\n')}\n[tool.uv]\npackage = false\n\n${sources({ alpha: '1.0' })}`,
      'main.py': 'import os\nprint(os.environ["WEATHER_TOKEN"])\n',
      Taskfile: '',
      justfile: 'test:\n  pytest\n',
    },
  },
  'groups-only': {
    wheels: { alpha: '1.0', beta: '1.0' },
    files: {
      'pyproject.toml': `[dependency-groups]\nlint = ["alpha"]\ndev = [{ include-group = "lint" }]\nbench = ["beta"]\n\n[tool.uv]\ndefault-groups = ["dev"]\n\n${sources({ alpha: '1.0', beta: '1.0' })}`,
    },
  },
  'extras-only': {
    wheels: { alpha: '1.0', beta: '1.0', gamma: '1.0' },
    files: {
      'backend.py': BACKEND,
      'pyproject.toml': `${project('my-tool')}
[project.optional-dependencies]
test = ["alpha"]
"Postgres_Old" = ["beta"]
every = ["my_tool[test,postgres-old]", "gamma"]

${BUILD}
${sources({ alpha: '1.0', beta: '1.0', gamma: '1.0' })}`,
      'src/toolbox/__init__.py': '',
      GNUmakefile: '.RECIPEPREFIX = >\nsetup:\n>echo mine\n',
    },
  },
  'private-index': {
    wheels: { alpha: '1.0' },
    files: {
      'pyproject.toml': `${project('bank', 'dependencies = ["alpha"]\n')}
[[tool.uv.index]]
name = "in-house"
url = "INDEX_URL"
explicit = true

[tool.uv.sources]
alpha = { index = "in-house" }
`,
      '.env.sample':
        '# Your personal token of the package server\nUV_INDEX_IN_HOUSE_PASSWORD=\nUV_INDEX_IN_HOUSE_USERNAME=\n',
    },
  },
  'no-lock': {
    wheels: { alpha: '1.0' },
    files: {
      'backend.py': BACKEND,
      'pyproject.toml': `${project('acme-core', 'dependencies = ["alpha"]\n')}\n${BUILD}\n${sources({ alpha: '1.0' })}`,
      'src/acme/core/__init__.py': '',
      'src/acme/core/x.py': '',
    },
  },
  'several-below': {
    wheels: { alpha: '1.0' },
    files: {
      'backend.py': BACKEND,
      'pyproject.toml': `${project('top', 'dependencies = ["alpha"]\n')}\n${BUILD}\n${sources({ alpha: '1.0' })}`,
      'top.py': '',
      'services/api/pyproject.toml': project('api'),
      'services/api/api.py': 'import os\nos.environ["API_TOKEN"]\n',
      'services/worker/pyproject.toml': project('worker'),
    },
  },
};

/** A project that needs no package, locked. @returns its root. */
export function tinyProject(root: string, manifest?: string): string {
  mkdirSync(root, { recursive: true });
  const python = 'requires-python = ">=3.9"';
  writeFileSync(join(root, 'pyproject.toml'), `[project]\nname = "small"\nversion = "0"\n${python}\n`);
  const own = '[[package]]\nname = "small"\nversion = "0"\nsource = { virtual = "." }\n';
  writeFileSync(join(root, 'uv.lock'), `version = 1\nrevision = 3\n${python}\n\n${own}`);
  if (manifest !== undefined) writeFileSync(join(root, 'hotpass-bootstrap.toml'), manifest);
  return root;
}
