import { Argument } from '@commander-js/extra-typings';
import { candidates } from '../candidates.ts';
import type { Family } from '../family.ts';
import { shellScripts, shells } from '../shell-scripts.ts';

/** The shells' scripts ask the hidden command, so they need no change when commands are added. */
export const completion: Family = (program, session) => {
  program
    .command('completion')
    .description('print what teaches a shell to complete fanfold’s commands and options')
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText('after', installing)
    .action((shell) => void session.terminal.out.write(shellScripts[shell]));
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action((words) => {
      for (const { word, about } of candidates(program, words)) {
        session.terminal.out.write(`${word}\t${about}\n`);
      }
    });
};

const installing = `
bash: eval "$(fanfold completion bash)"    in ~/.bashrc
zsh:  eval "$(fanfold completion zsh)"     in ~/.zshrc, after compinit
fish: fanfold completion fish | source     in ~/.config/fish/config.fish`;
