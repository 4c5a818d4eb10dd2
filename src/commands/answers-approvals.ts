import { isAbsolute, relative } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { shown } from '../manifest/locate.ts';
import type { Session } from './session.ts';

/**
 * What flags and answers approve beyond commands: another root's secrets, and new addresses for stored ones.
 * @throws UserError 78 when that stands in an answers file of the workspace: a clone would approve itself (security §2).
 */
export function approvalsIn(
  { options, answers }: Session,
  root: string,
): { joinId: string | undefined; approvedOrigins: readonly string[] } {
  const { file, link, approveOrigin } = answers;
  const key = link !== undefined ? 'link' : approveOrigin !== undefined ? 'approve-origin' : undefined;
  if (file !== undefined && key !== undefined && isInside(root, file)) {
    throw new UserError({
      id: 'HB481',
      message: `${shown(file)} stands in the workspace, so it cannot answer ${key}.`,
      cause: 'Where stored secrets may go is for you to say, not for the project that wants them.',
      next: key === 'link' ? `hotpass-bootstrap setup --link ${link}` : approveFlags(approveOrigin ?? []),
      exit: EXIT.invalid,
    });
  }
  return { joinId: options.link ?? link, approvedOrigins: options.approveOrigin ?? approveOrigin ?? [] };
}

function approveFlags(urls: readonly string[]): string {
  return ['hotpass-bootstrap setup', ...urls.map(url => `--approve-origin '${url.replaceAll("'", '%27')}'`)].join(' ');
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && !way.startsWith('..') && !isAbsolute(way);
}
