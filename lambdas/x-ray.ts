import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';

/** Where in a trace something happens. */
export interface Trace {
  readonly trace_id: string;
  readonly parent_id: string;
}

/** A stretch of time in a trace that has begun, as X-Ray's daemon takes it. */
export interface Subsegment extends Trace {
  readonly id: string;
  readonly name: string;
  readonly type: 'subsegment';
  readonly start_time: number;
}

const newId = (): string => randomBytes(8).toString('hex');
const seconds = (): number => Date.now() / 1_000;

/** The trace that a header speaks of, when it is one of those that X-Ray keeps. */
export const sampledTrace = (header = ''): Trace | undefined => {
  const parts = header.split(';').map((part) => part.split('='));
  const { Root, Parent, Sampled } = Object.fromEntries(parts);
  return Root && Parent && Sampled === '1' ? { trace_id: Root, parent_id: Parent } : undefined;
};

export const begin = (trace: Trace, name: string): Subsegment => ({
  ...trace,
  id: newId(),
  name,
  type: 'subsegment',
  start_time: seconds(),
});

export const faultOf = (error: unknown) => {
  const { name: type, message } = error instanceof Error ? error : new Error(String(error));
  const exceptions = [{ id: newId(), type, message, remote: false }];
  return { fault: true, cause: { working_directory: process.cwd(), exceptions } };
};

/** The daemon takes one document a datagram, below a header. One that gets lost harms nobody. */
export const daemonAt = (address: string) => {
  const [host, port] = address.split(':');
  const socket = createSocket('udp4').unref();
  return (subsegment: Subsegment, details: object): Promise<void> => {
    const document = JSON.stringify({ ...subsegment, end_time: seconds(), ...details });
    const datagram = `{"format":"json","version":1}\n${document}`;
    return new Promise((sent) => socket.send(datagram, Number(port), host, () => sent()));
  };
};
