import { finding } from '../core/findings.ts';
import { readIndex } from '../secrets/index-file.ts';
import { itemOf } from '../secrets/names.ts';
import type { WorkspaceCheck } from './check.ts';

/** What `secrets check` last heard of the values that are still stored. Nobody is asked anew: that is what it is for. */
export const refusedSecrets: WorkspaceCheck = {
  title: 'Stored secrets were accepted when last checked',
  about: 'workspace',
  async run({ linked, approved, paths, wanted }) {
    if (!linked || !approved) return [];
    const index = readIndex(paths.state, linked.namespace);
    return wanted.secrets.flatMap(secret => {
      const live = index[itemOf(linked.namespace, wanted.environment, secret).user]?.live;
      if (live === undefined || live.accepted) return [];
      const day = new Date(live.at).toISOString().slice(0, 10);
      return [
        finding(
          'HB391',
          'warn',
          `${secret.name} was not accepted when it was last checked, on ${day}.`,
          secret.obtain === undefined ? secret.description : `${secret.description}. A new one: ${secret.obtain}`,
          { command: `hotpass-bootstrap secrets rotate ${secret.name} --env ${wanted.environment}`, safe: false },
        ),
      ];
    });
  },
};
