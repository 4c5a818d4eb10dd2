/** A kind of key that is told by its shape alone. */
export interface KeyShape {
  id: string;
  /** As a part of a sentence. */
  what: string;
  shape: RegExp;
}

let table: readonly KeyShape[] | undefined;

/**
 * Keys with a beginning of their own, as their makers document it; whatever is told by its randomness only is left to
 * a detector of the project (docs/decisions/0020). The first group is the secret. Made when first asked for: an idle run
 * looks for none.
 */
export function keyShapes(): readonly KeyShape[] {
  table ??= makeTable();
  return table;
}

/** Ends a key: nothing that could belong to it follows. */
const END = '(?![A-Za-z0-9_-])';
const key = (id: string, what: string, source: string, end = END): KeyShape => {
  return { id, what, shape: new RegExp(`(?<![A-Za-z0-9])(${source})${end}`, 'g') };
};

function makeTable(): readonly KeyShape[] {
  return [
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
      shape:
        /(-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\[nr]|\s){1,4}(?!-----END )[A-Za-z0-9+/=:,\-\s\\]{24})/g,
    },
    {
      id: 'password-in-url',
      what: 'a password in an address',
      shape:
        /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/?#"'<>:@]{0,100}:([^\s/?#"'<>]{4,200})@(?!localhost\b|127\.|\[::1|(?:[\w-]+\.){0,5}example\b)[A-Za-z0-9[]/gi,
    },
  ];
}
