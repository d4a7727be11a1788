import { CliError } from '../cli-error.ts';
import type { Check } from '../doctor.ts';
import { examine } from '../doctor.ts';
import type { Family } from '../family.ts';
import { pad } from '../render/width.ts';
import type { Session } from '../session.ts';

export const doctor: Family = (program, session) => {
  program
    .command('doctor')
    .description('say what is right and wrong with the set-up, and what to do')
    .action(async () => {
      const checks = await examine(session);
      const isOk = checks.every((check) => check.isOk);
      const document = checks.map(({ isOk: fine, ...rest }) => ({ ok: fine, ...rest }));
      session.answer({ ok: isOk, checks: document }, () => told(checks, session));
      const faults = checks.filter((check) => !check.isOk).length;
      if (!isOk) throw new CliError('fault', `${faults} of ${checks.length} checks found a fault`);
    });
};

const told = (checks: readonly Check[], session: Session): string => {
  const { paint } = session.canvas();
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, isOk, detail, remedy }) => {
    const word = isOk ? paint('green', 'ok   ') : paint('red', 'wrong');
    const line = `${word}  ${pad(name, width, 'left')}  ${detail}`;
    return remedy === undefined ? [line] : [line, `${' '.repeat(width + 9)}→ ${remedy}`];
  });
  return lines.join('\n');
};
