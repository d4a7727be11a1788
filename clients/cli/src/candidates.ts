import type { CommandUnknownOpts as Command } from '@commander-js/extra-typings';

/** What may stand at a place of the command line, and what it means. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** What may stand at the last of the words; nothing where only the caller knows, such as a file. */
export const candidates = (program: Command, words: readonly string[]): readonly Candidate[] => {
  const { command, before } = walk(program, words.slice(0, -1));
  const partial = words.at(-1) ?? '';
  const found = before === undefined ? nextWords(command, program, partial) : before;
  return found.filter(({ word }) => word.startsWith(partial));
};

interface Place {
  readonly command: Command;
  /** The values of the option whose turn it is. */
  readonly before?: readonly Candidate[];
}

const walk = (program: Command, words: readonly string[]): Place => {
  let command = program;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const option = optionsOf(command, program).find(
      ({ long, short }) => word === long || word === short,
    );
    if (option?.required) {
      if (i === words.length - 1) return { command, before: valuesOf(option.argChoices) };
      i++;
      continue;
    }
    command = command.commands.find((one) => isNamed(one, word)) ?? command;
  }
  return { command };
};

type AnyOption = Command['options'][number];

const optionsOf = (command: Command, program: Command): readonly AnyOption[] =>
  command === program ? program.options : [...command.options, ...program.options];

const isNamed = (command: Command, word: string): boolean =>
  command.name() === word || command.aliases().includes(word);

const valuesOf = (choices: readonly string[] | undefined): readonly Candidate[] =>
  (choices ?? []).map((word) => ({ word, about: '' }));

const nextWords = (command: Command, program: Command, partial: string): readonly Candidate[] => {
  if (partial.startsWith('-')) {
    const long = optionsOf(command, program).filter((option) => option.long !== undefined);
    const all = long.map((option) => ({ word: option.long ?? '', about: option.description }));
    return [...all, { word: '--help', about: 'how it is used' }];
  }
  const shown = command.createHelp().visibleCommands(command);
  const below = shown.filter((one) => one.name() !== 'help');
  return [
    ...below.map((one) => ({ word: one.name(), about: one.description() })),
    ...valuesOf(command.registeredArguments[0]?.argChoices),
  ];
};
