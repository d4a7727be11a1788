import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { pythonPrograms, repository } from '../../local/places.ts';

/* Code blocks of the documents, and what the comment before each says about it. */

/** What is done with a block. Without a comment it is run, after those above it on its page. */
export type Use =
  | { readonly kind: 'run' }
  /** `<!-- file NAME -->`: the blocks below find it beside them. */
  | { readonly kind: 'file'; readonly name: string }
  /** `<!-- from FILE -->`: it is a part of a file that other tests run. */
  | { readonly kind: 'from'; readonly file: string }
  /** `<!-- run by FILE -->`: another test reads this page and runs its blocks. */
  | { readonly kind: 'run by'; readonly file: string }
  /** `<!-- not run: WHY -->`: only its syntax is checked. */
  | { readonly kind: 'not run'; readonly why: string };

export interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly code: string;
  readonly use: Use;
}

const fence =
  /^(?:<!-- (?<comment>.+) -->\n+)?(?<indent> *)```(?<language>\w*).*\n(?<code>[\s\S]*?)^\k<indent>```$/gm;

/** The blocks of a page in their order. */
export const blocksOf = (page: string, text: string): readonly Block[] =>
  [...text.matchAll(fence)].map((found) => {
    const { comment, language = '', code = '' } = found.groups ?? {};
    const line = text.slice(0, found.index).split('\n').length;
    return { page, line, language, code, use: useOf(comment, `${page}:${line}`) };
  });

const useOf = (comment: string | undefined, place: string): Use => {
  if (comment === undefined) return { kind: 'run' };
  const { kind, rest = '' } =
    /^(?<kind>file|from|run by|not run:) (?<rest>.+)$/.exec(comment)?.groups ?? {};
  if (kind === 'file') return { kind, name: rest };
  if (kind === 'from' || kind === 'run by') return { kind, file: rest };
  if (kind === 'not run:') return { kind: 'not run', why: rest };
  throw new Error(`${place}: a block’s comment is not understood: ${comment}`);
};

/** Languages that are code; what is in others, or in none, is output or a sketch. */
const checks: Readonly<Record<string, (code: string) => void>> = {
  python: (code) => {
    execFileSync(join(pythonPrograms, 'python'), ['-c', parsePython], {
      input: code,
      stdio: 'pipe',
    });
  },
  bash: (code) => {
    execFileSync('bash', ['-n'], { input: code, stdio: 'pipe' });
  },
  json: (code) => {
    JSON.parse(code);
  },
  yaml: (code) => {
    parse(code);
  },
  // What a terminal showed: nothing can be checked but that its comment says who does.
  console: () => undefined,
};

const parsePython = 'import ast, sys; ast.parse(sys.stdin.read())';

const output = ['', 'text', 'http'];

/** What is wrong with a block that is not run. */
export const faultOf = (block: Block): string | undefined => {
  const { page, line, language, code, use } = block;
  const at = `${page}:${line}`;
  if (output.includes(language)) return undefined;
  const check = checks[language];
  if (!check) return `${at}: no rule for code in ${language}`;
  if (language === 'console' && use.kind === 'run') return `${at}: a transcript is not run`;
  try {
    check(code);
  } catch (error) {
    return `${at}: ${error instanceof Error ? error.message : error}`;
  }
  if (use.kind === 'not run') return faultOfReason(at, use.why);
  return use.kind === 'from' || use.kind === 'run by' ? faultOfSource(block, use.file) : undefined;
};

/** A reason that names a file, such as the test that does the same, must name one that is there. */
const faultOfReason = (at: string, why: string): string | undefined => {
  const missing = (why.match(/\b[\w-]+\/[\w./-]+\.\w+/g) ?? []).filter(
    (file) => !existsSync(join(repository, file)),
  );
  return missing.length === 0 ? undefined : `${at}: there is no ${missing.join(', ')}`;
};

const faultOfSource = ({ page, line, code, use }: Block, file: string): string | undefined => {
  const source = readFileSync(join(repository, file), 'utf8');
  const holds = use.kind === 'from' ? source.includes(code) : source.includes(basename(page));
  return holds ? undefined : `${page}:${line} is not in ${file}`;
};

/** Whether a block is part of what its page does when it is followed. */
export const isFollowed = ({ language, use }: Block): boolean =>
  use.kind === 'file' || (use.kind === 'run' && ['python', 'bash'].includes(language));
