import { describe, expect, it } from 'vitest';
import { holdsSecret } from '../../../src/core/redact.ts';

describe('a piece of a file', () => {
  it.each([
    'PREFECT_API_KEY = "my-plaintext-key"',
    'PREFECT_API_AUTH_STRING = "user:pass"',
    'PREFECT_SERVER_DATABASE_CONNECTION_URL = "postgresql+asyncpg://db/x"',
    `PREFECT_CLIENT_CUSTOM_HEADERS = '{"X-Copy": "1"}'`,
    'CLIENT_SECRET=abcdefg',
    'export X_AUTH=abcdefg',
    'SENTRY_DSN=abcdefgh',
    'db_password: abcdefgh',
    '{"PRIVATE_KEY": "abcdefgh"}',
    'KEY=abcdefgh',
    'url = "https://me:word@pkg.test/simple"',
    'note pnu_0123456789abcdef',
    'DB_PASSWORD_PROD=abcdefgh',
    'SECRET_VALUE=abcdefgh',
    'api_key_2: abcdefgh',
    'export GITLAB_TOKEN_HARBOUR="abc defgh"',
    'password_hash = "abcdefgh"',
  ])('holds a secret: %s', text => {
    expect(holdsSecret(`# first\n${text}\nLAST=1\n`)).toBe(true);
  });

  it.each([
    'TOKENIZERS_PARALLELISM=disabled',
    'AUTHOR=somebody',
    'MONKEY=abcdefgh',
    'KEYRING_BACKEND=subprocess',
    'OTEL_SERVICE_NAME="harbour"',
    'PREFECT_API_URL = "http://127.0.0.1:4200/api"',
    'PREFECT_API_KEY =',
    'PASSWORD=""',
    'DB_PASSWORD_FILE=/run/secrets/db',
    'TOKEN_URL=https://login.example/oauth',
    'SECRET_STORE=keychain',
    'token_type: bearer-like',
    'API_KEY_ID=harbour-7',
    'SECRET_COUNT_PER_REGION=100000',
    'SSH_AUTH_SOCK=/tmp/agent.1',
    'KEY_BINDINGS=default',
  ])('holds none: %s', text => {
    expect(holdsSecret(`# first\n${text}\nLAST=1\n`)).toBe(false);
  });
});
