import type { Command } from '@commander-js/extra-typings';
import type { Session } from './session.ts';

/** A command, or several that belong together, as they add themselves to the program. */
export type Family = (program: Command, session: Session) => void;
