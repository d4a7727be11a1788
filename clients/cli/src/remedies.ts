/** What to type next after a refusal, where there is something; by the problem's name. */
export const remedies: Readonly<Record<string, string>> = {
  'code-changed':
    'end the experiment with `fanfold experiments end`, then create it again with the new code',
  'data-handle-not-found': 'make one with `fanfold data create`',
  'data-handle-not-ready': '`fanfold data show ID` says how far it is',
  'epoch-checkpoints-disabled':
    'only experiments that were created with --epoch-checkpoints keep epochs',
  'experiment-ended': 'create another with `fanfold experiments create`',
  'experiment-not-found': '`fanfold experiments list` shows those there are',
  forbidden: 'check the workspace, or ask an admin for a token that allows it',
  'illegal-transition': '`fanfold runs show RUN` says how the run is now',
  'invalid-config': 'mend the knob and say it again; nothing was started',
  'no-active-fit': 'start one with `fanfold fit FILE`',
  'no-checkpoint': '`fanfold runs show RUN` says what the run has',
  'operation-in-progress': '`fanfold experiments attach` waits for it, `fanfold cancel` cancels it',
  'operation-not-found': '`fanfold operations` shows those there are',
  'run-not-found': '`fanfold runs` shows those there are',
  'settings-changed':
    'give the same settings, or end the experiment with `fanfold experiments end` first',
  'token-not-found': '`fanfold tokens list` shows those there are',
  'too-many-requests': 'wait a minute, or ask an admin for a token that may call more often',
  unauthorized:
    'it may be misspelt, expired or revoked: check FANFOLD_TOKEN; `fanfold doctor` tries it',
  'internal-error': 'try again; if it stays, give the request number to whoever runs the service',
};
