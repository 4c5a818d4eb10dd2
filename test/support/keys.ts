/** Letters and digits that repeat nothing; put together here, so that this file holds no key for other scanners. */
const LETTERS = 'q7Zt4Kp9Xw2Vn6Rb3Yh8Lc5Mf1Jd0Gs';
export const some = (length: number): string => LETTERS.repeat(Math.ceil(length / LETTERS.length)).slice(0, length);
const hex = (length: number): string => '9f86d081884c7d65'.repeat(8).slice(0, length);
const upper = (length: number): string => 'Q7ZT4KP2XW3VN6RB'.repeat(8).slice(0, length);

/** One key of each kind, as its maker writes it. */
export const KEYS: Record<string, string[]> = {
  'prefect-key': [`pnu_${some(36)}`, `pnb_${some(36)}`],
  'github-token': [`ghp_${some(36)}`, `gho_${some(36)}`, `ghs_${some(36)}`, `github_pat_${some(22)}_${some(59)}`],
  'gitlab-token': [`glpat-${some(20)}`, `gldt-${some(20)}`, `glrt-${some(20)}`],
  'vault-token': [`hvs.${some(90)}`, `hvb.${some(130)}`],
  'aws-key': [`AKIA${upper(16)}`, `ASIA${upper(16)}`],
  'aws-secret': [`aws_secret_access_key = ${some(40)}`, `"AWS_SECRET_KEY": "${some(38)}/+"`],
  'google-key': [`AIza${some(35)}`],
  'azure-key': [`AccountKey=${some(86)}==`],
  'slack-token': [`xoxb-123456789012-${some(24)}`, `xapp-1-A0${upper(9)}-${some(20)}`],
  'slack-webhook': [`https://hooks.slack.com/services/T0${upper(7)}/B0${upper(7)}/${some(24)}`],
  'anthropic-key': [`sk-ant-api03-${some(93)}AA`],
  'openai-key': [`sk-${some(48)}`, `sk-proj-${some(60)}`],
  'huggingface-token': [`hf_${some(34)}`],
  'stripe-key': [`sk_live_${some(24)}`, `rk_test_${some(24)}`],
  'sendgrid-key': [`SG.${some(22)}.${some(43)}`],
  'npm-token': [`npm_${some(36)}`, `//registry.test/:_authToken=${some(36)}`],
  'pypi-token': [`pypi-AgEIcHlwaS5vcmc${some(140)}`],
  'docker-token': [`dckr_pat_${some(27)}`],
  'databricks-token': [`dapi${hex(32)}`],
  'grafana-token': [`glsa_${some(32)}_${hex(8)}`],
  'new-relic-key': [`NRAK-${upper(27)}`],
  'digitalocean-token': [`dop_v1_${hex(64)}`],
  '1password-token': [`ops_eyJ${some(200)}`],
  'age-key': [`AGE-SECRET-KEY-1${upper(58)}`],
  'json-web-token': [`eyJhbGciOiJIUzI1NiJ9.eyJ${some(40)}.${some(43)}`],
  'private-key': [
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${some(70)}\n`,
    `"-----BEGIN PRIVATE KEY-----\\n${some(64)}\\n"`,
    `-----BEGIN PGP PRIVATE KEY BLOCK-----\r\n\r\n${some(64)}`,
  ],
  'password-in-url': [
    `postgresql://app:${some(9)}@db.internal.net:5432/x`,
    `https://me:${some(12)}@git.host.net/x.git`,
  ],
};
