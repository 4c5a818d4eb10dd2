import { isStandIn } from '../../core/stand-in.ts';

/** A kind of key that is told by its shape alone. */
interface Shape {
  id: string;
  /** As a part of a sentence. */
  what: string;
  shape: RegExp;
}

/** Ends a key: nothing that could belong to it follows. */
const END = '(?![A-Za-z0-9_-])';
const key = (id: string, what: string, source: string, end = END): Shape => {
  return { id, what, shape: new RegExp(`(?<![A-Za-z0-9])(${source})${end}`, 'g') };
};

/**
 * Keys with a beginning of their own, as their makers document it; whatever is told by its randomness only is left to
 * a detector of the project (docs/decisions/0020). The first group is the secret.
 */
const SHAPES: readonly Shape[] = [
  key('prefect-key', 'an API key of Prefect Cloud', 'pn[ub]_[A-Za-z0-9]{20,}'),
  key('github-token', 'a token of GitHub', 'gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{30,}'),
  key('gitlab-token', 'a token of GitLab', 'gl(?:pat|dt|rt|oas|agent|ptt|cbt)-[A-Za-z0-9_.-]{20,}'),
  key('vault-token', 'a token of Vault', 'hv[sbr]\\.[A-Za-z0-9_-]{24,}'),
  key('aws-key', 'an access key of AWS', '(?:AKIA|ASIA)[A-Z2-7]{16}'),
  {
    id: 'aws-secret',
    what: 'a secret key of AWS',
    shape: /aws_?secret(?:_?access)?_?key["']?\s{0,9}[=:]\s{0,9}["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
  },
  key('google-key', 'an API key of Google', 'AIza[A-Za-z0-9_-]{35}'),
  key('azure-key', 'an account key of Azure', 'AccountKey=[A-Za-z0-9+/]{86}==', ''),
  key('slack-token', 'a token of Slack', 'xox[abeoprs]-[A-Za-z0-9-]{16,}|xapp-\\d-[A-Za-z0-9-]{20,}'),
  key(
    'slack-webhook',
    'a webhook of Slack',
    'hooks\\.slack\\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}',
  ),
  key('anthropic-key', 'an API key of Anthropic', 'sk-ant-[A-Za-z0-9_-]{24,}'),
  key('openai-key', 'an API key of OpenAI', 'sk-(?:proj-|svcacct-|admin-)?(?!ant-)[A-Za-z0-9_-]{32,}'),
  key('huggingface-token', 'a token of Hugging Face', 'hf_[A-Za-z0-9]{30,}'),
  key('stripe-key', 'a key of Stripe', '[rs]k_(?:live|test)_[A-Za-z0-9]{20,}'),
  key('sendgrid-key', 'a key of SendGrid', 'SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}'),
  key('npm-token', 'a token of npm', 'npm_[A-Za-z0-9]{36}'),
  { id: 'npm-token', what: 'a token of npm', shape: /:_authToken\s{0,9}=\s{0,9}["']?([^\s"'$]{16,})/g },
  key('pypi-token', 'a token of PyPI', 'pypi-AgE[A-Za-z0-9_-]{50,}'),
  key('docker-token', 'a token of Docker Hub', 'dckr_[po]at_[A-Za-z0-9_-]{24,}'),
  key('databricks-token', 'a token of Databricks', 'dapi[0-9a-f]{32}'),
  key('grafana-token', 'a token of Grafana', 'gl(?:sa|c)_[A-Za-z0-9+/=_]{32,}'),
  key('new-relic-key', 'a key of New Relic', 'NRAK-[A-Z0-9]{27}'),
  key('digitalocean-token', 'a token of DigitalOcean', 'do[opr]_v1_[0-9a-f]{64}'),
  key('1password-token', 'a service account of 1Password', 'ops_eyJ[A-Za-z0-9_-]{100,}={0,2}'),
  key('age-key', 'a key of age', 'AGE-SECRET-KEY-1[A-Z0-9]{58}'),
  key('json-web-token', 'a JSON Web Token', 'eyJ[A-Za-z0-9_-]{16,1000}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{16,}'),
  {
    id: 'private-key',
    what: 'a private key',
    // With something of the key behind it: the line alone stands in many a program and manual.
    shape: /(-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\[nr]|\s){1,4}[A-Za-z0-9+/=:,\-\s\\]{24})/g,
  },
  {
    id: 'password-in-url',
    what: 'a password in an address',
    shape:
      /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/?#"'<>:@]{0,100}:([^\s/?#"'<>]{4,200})@(?!localhost\b|127\.|\[::1|(?:[\w-]+\.){0,5}example\b)[A-Za-z0-9[]/gi,
  },
];

/** What keys in manuals have in them, and what is put in only when a program runs. */
const EXAMPLE = /example|place[-_]?holder|redacted|change[-_]?me|your[-_]|^[$%{<*]|\$\{|\{\{/i;
/** What the databases of test suites are opened with. */
const WELL_KNOWN = /^(postgres|admin|root|user|test)\d*$/i;
/** Whoever wrote the line says that it is none, in the words of gitleaks, detect-secrets or secretlint. */
const ALLOWED = /gitleaks:allow|pragma: ?(?:allow|white)list secret|secretlint-disable/i;

export interface ShapeHit {
  id: string;
  what: string;
  /** `[start, end)` in characters. */
  start: number;
  end: number;
}

/** Keys of known shapes in a text, in the order of the table; examples and lines that say they are none are left out. */
export function shapesIn(text: string): ShapeHit[] {
  const hits: ShapeHit[] = [];
  for (const { id, what, shape } of SHAPES) {
    for (const match of text.matchAll(shape)) {
      const secret = match[1] ?? '';
      const start = match.index + match[0].indexOf(secret);
      if (isExample(secret) || ALLOWED.test(lineAt(text, start))) continue;
      hits.push({ id, what, start, end: start + secret.length });
    }
  }
  return hits;
}

/** The words of every shape by its id, for reports that list their rules. */
export function shapeWords(): Map<string, string> {
  return new Map(SHAPES.map(({ id, what }) => [id, what]));
}

function isExample(secret: string): boolean {
  return isStandIn(secret) || EXAMPLE.test(secret) || WELL_KNOWN.test(secret) || new Set(secret.slice(-16)).size < 4;
}

function lineAt(text: string, at: number): string {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  return text.slice(Math.max(start, at - 2000), Math.min(end === -1 ? text.length : end, at + 2000));
}
