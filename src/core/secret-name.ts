/** Names whose values are treated as secrets when we meet them (security §6). */
export const SECRET_NAME = /KEY|TOKEN|SECRET|PASSW|AUTH|DSN|CONNECTION_URL/i;
