/* Patterns of the bucket's keys for policies: any workspace, any experiment. */

const experiment = 'workspaces/*/experiments/*';

/** What workers may be let to list; beside it lie secrets and saved artifacts. */
export const anyWorkspaceKey = 'workspaces/*';
export const anyUpload = 'workspaces/*/uploads/*';
export const anyExperimentObject = `${experiment}/*`;
export const anyCode = `${experiment}/code/*`;
export const anyOperationFile = `${experiment}/operations/*`;
export const secretsPrefix = 'secrets/';
export const anySecret = `${secretsPrefix}*`;
/** Of schedules; they may have secrets in them. */
export const anyTemplate = 'schedules/*';
export const exportsPrefix = 'exports/';
export const anyExport = `${exportsPrefix}*`;
export const anyLog = `${experiment}/logs/*`;
/** Where `end` may save artifacts without a bucket of the user's; no worker can reach it. */
export const anySavedArtifact = 'artifacts/*';
