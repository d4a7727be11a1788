import { Logger } from '@aws-lambda-powertools/logger';

/** Structured logs; each use case adds the ids it works on. */
export const logger = /* @__PURE__ */ new Logger();
