import { readdirSync, readFileSync } from 'node:fs';
import { useCaseOf } from '../api/counted-assembly.ts';

/** The most memory that each function of a stack has held so far, in MB; its processes are on this machine. */
export const peakMemory = (folder: string): ReadonlyMap<string, number> => {
  const peaks = new Map<string, number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const [, name] = commandOf(pid).match(/ministack-lambda-(\S+)/) ?? [];
    if (name === undefined || !commandOf(pid).includes(folder)) continue;
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`)) ?? [];
    const useCase = useCaseOf(name);
    peaks.set(useCase, Math.max(peaks.get(useCase) ?? 0, Number(kilobytes ?? 0) / 1000));
  }
  return peaks;
};

const commandOf = (pid: string): string => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');

/** Of a process that is gone, nothing. */
const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
