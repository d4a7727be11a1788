import { randomUUID } from 'node:crypto';
import { listExperiments } from '../../../contract/experiment-routes.ts';
import type { ExperimentResource } from '../../../contract/resources.ts';
import { CliError } from './cli-error.ts';
import type { GivenConnection } from './connection.ts';
import { findConnection } from './connection.ts';
import type { Paint } from './render/paint.ts';
import { paintOn } from './render/paint.ts';
import type { Service } from './service.ts';
import { openService } from './service.ts';
import type { Output, Terminal } from './terminal.ts';
import { widthOf } from './terminal.ts';

/** The options that every command has. */
export interface GlobalOptions extends GivenConnection {
  readonly json?: boolean | undefined;
  readonly experiment?: string | undefined;
}

/** An experiment of the service, as calls name it. */
export interface Scope {
  readonly service: Service;
  readonly params: { readonly workspace: string; readonly experiment: string };
}

/** What a table is drawn for. */
export interface Canvas {
  readonly width: number;
  readonly paint: Paint;
}

/** One invocation of the CLI: what it was asked, whom it talks to, and where it writes. */
export interface Session {
  readonly terminal: Terminal;
  readonly options: GlobalOptions;
  readonly interrupted: AbortSignal;
  service(): Service;
  /** The experiment that is meant: the one named, or else the alive one. */
  scope(name?: string): Promise<Scope>;
  canvas(stream?: Output): Canvas;
  /** The command's answer: one JSON document, or text. */
  answer(document: unknown, text: () => string): void;
  /** One of many answers: a line of JSON, or text. */
  line(document: unknown, text: () => string): void;
  /** Beside the answer; never on standard output. */
  say(text: string): void;
}

interface Opening {
  readonly terminal: Terminal;
  readonly options: () => GlobalOptions;
  readonly interrupted: AbortSignal;
}

export const openSession = ({ terminal, options, interrupted }: Opening): Session => {
  const write = (text: string): void => void terminal.out.write(`${text}\n`);
  const service = (): Service => openService(findConnection(options(), terminal), interrupted);
  return {
    terminal,
    interrupted,
    get options() {
      return options();
    },
    service,
    scope: (name = options().experiment) => scopeOf(service(), name),
    canvas: (stream = terminal.out) => ({
      width: widthOf(stream, terminal),
      paint: paintOn(stream, terminal),
    }),
    answer: (document, text) => {
      write(options().json ? JSON.stringify(document, undefined, 2) : text());
    },
    line: (document, text) => {
      write(options().json ? JSON.stringify(document) : text());
    },
    say: (text) => void terminal.err.write(`${text}\n`),
  };
};

const scopeOf = async (service: Service, named: string | undefined): Promise<Scope> => {
  const { workspace } = service.connection;
  const experiment = named ?? (await aliveExperiment(service))?.name;
  if (experiment !== undefined) return { service, params: { workspace, experiment } };
  throw new CliError(
    'refused',
    `no experiment is alive in workspace ${workspace}: create one with \`fanfold experiments ` +
      'create`, or name an ended one with --experiment',
  );
};

/** The workspace's alive experiment, of which there is at most one. */
export const aliveExperiment = async (
  service: Service,
): Promise<ExperimentResource | undefined> => {
  const { workspace } = service.connection;
  const call = { params: { workspace }, query: { status: 'alive' } } as const;
  const { body } = await service.call(listExperiments, call);
  return body.items[0];
};

/** A key of the caller's, or one for this call alone, so that asking again after a lost answer has one effect. */
export const keyOr = (given: string | undefined): { readonly idempotencyKey: string } => ({
  idempotencyKey: given ?? randomUUID(),
});
