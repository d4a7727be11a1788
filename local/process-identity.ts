import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process, safe against its id being used again: a later process has a later start. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

const pollMilliseconds = 10;

/** The identity of a running process; undefined when there is none (a zombie is none). */
export const identify = (pid: number): ProcessIdentity | undefined => {
  const startedAt = existsSync('/proc/self/stat') ? startInProc(pid) : startByPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
};

export const isRunning = ({ pid, startedAt }: ProcessIdentity): boolean =>
  identify(pid)?.startedAt === startedAt;

/** Sends a signal, unless the process is gone or its id is another's by now. */
export const signal = (process_: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL'): void => {
  if (isRunning(process_)) process.kill(process_.pid, name);
};

/** Whether the process has ended within the time. */
export const ended = async (process_: ProcessIdentity, milliseconds: number): Promise<boolean> => {
  const deadline = Date.now() + milliseconds;
  while (isRunning(process_)) {
    if (Date.now() > deadline) return false;
    await sleep(pollMilliseconds);
  }
  return true;
};

/** Field 22 of `/proc/PID/stat` (proc(5)), counted from behind the name, which may hold anything. */
const startInProc = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : fields[18];
  } catch {
    return undefined;
  }
};

const startByPs = (pid: number): string | undefined => {
  try {
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)])
        .toString()
        .trim() || undefined
    );
  } catch {
    return undefined;
  }
};
