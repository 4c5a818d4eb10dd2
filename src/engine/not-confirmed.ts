import { EXIT, UserError } from '../core/errors.ts';

/** The person said no to the plan (exit 3). */
export class NotConfirmed extends UserError {
  constructor() {
    super({
      message: 'Nothing was changed.',
      cause: 'The plan was not confirmed.',
      next: 'hotpass-bootstrap plan',
      exit: EXIT.inputNeeded,
    });
    this.name = 'NotConfirmed';
  }
}
