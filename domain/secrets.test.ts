import { describe, expect, test } from 'vitest';
import type { Json } from './config.ts';
import { expandConfigGroup } from './config-group.ts';
import { DomainError } from './domain-error.ts';
import { hideSecrets, secretNamesIn, setOfSecret, setSecretsAside } from './secrets.ts';

const train = { epochs: 1, batch_size: 1, optimizer: { name: 'SGD', args: { lr: 0.1 } } };
const config = (user_knobs: object) => ({ train, user_knobs }) as never;
const secret = (value: Json) => ({ $secret: value });

describe('setting secrets aside', () => {
  test('leaves their names in a config and gives their values', () => {
    const knobs = {
      api_key: 'k-1',
      wandb: secret('w-1'),
      deep: [{ login: { password: ['p-1'] } }],
    };
    const { config: aside, secrets } = setSecretsAside(config(knobs), 'set');
    expect(secrets).toEqual({ 'set-0': 'k-1', 'set-1': 'w-1', 'set-2': 'p-1' });
    expect(aside).toEqual(
      config({
        api_key: secret('set-0'),
        wandb: secret('set-1'),
        deep: [{ login: { password: [secret('set-2')] } }],
      }),
    );
    expect(secretNamesIn(aside)).toEqual(['set-0', 'set-1', 'set-2']);
    expect(setOfSecret('set-of-2')).toBe('set-of');
  });

  test('hides texts only, and only where names are the user’s', () => {
    const plain = config({ use_auth_token: true, retry_key: 7, token: '', other_key: null });
    expect(setSecretsAside(plain, 'set')).toEqual({ config: plain, secrets: {} });
    const labelled = { train, named_metrics: { token: { name: 'MeanMetric' } } } as never;
    expect(setSecretsAside(labelled, 'set').config).toEqual(labelled);
  });

  test('hides every value that a generator may choose from, equal ones under one name', () => {
    const knobs = { api_key: { $list: ['a-1', 'b-1', 'a-1'] }, hf_token: 'b-1' };
    const { config: grid, secrets } = setSecretsAside({ $grid: config(knobs) }, 'set');
    expect(secrets).toEqual({ 'set-0': 'a-1', 'set-1': 'b-1' });
    const leaves = expandConfigGroup(grid, 1).configs;
    expect(leaves.map(({ user_knobs }) => user_knobs)).toEqual(
      ['set-0', 'set-1', 'set-0'].map((name) => ({
        api_key: secret(name),
        hf_token: secret('set-1'),
      })),
    );
    const drawn = { $random: { config: config(knobs), numConfigs: 2 } };
    const { config: search } = setSecretsAside(drawn, 'set');
    expect(secretNamesIn(expandConfigGroup(search, 1) as never)).not.toContain('a-1');
  });

  test('shows what stays as *** and keeps the rest', () => {
    const { config: aside } = setSecretsAside(config({ api_key: 'k-1', lr: 1 }), 'set');
    expect(hideSecrets(aside)).toEqual(config({ api_key: '***', lr: 1 }));
  });

  test('leaves a Range and nesting without end to be looked at by others', () => {
    const range = config({ sort_key: 1, seed_key: { $range: { low: 1, high: 2, dtype: 'int' } } });
    expect(setSecretsAside(range, 'set').config).toEqual(range);
    let deep: unknown = 'x';
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(() => setSecretsAside(deep as never, 'set')).not.toThrow();
  });
});

describe('refused with a pointer to the place:', () => {
  const faultsOf = (knobs: object) => {
    try {
      expandConfigGroup(setSecretsAside(config(knobs), 'set').config, 1);
    } catch (error) {
      if (error instanceof DomainError) return error.faults;
    }
    throw new Error('not refused');
  };

  test.each([
    ['a secret that is no text', { k: secret(1) }, /a text of 1 to 8192/],
    ['an empty secret', { k: secret('') }, /a text of 1 to 8192/],
    ['a secret as it is shown', { k: secret('***') }, /\*\*\* is none/],
    ['a secret with company', { k: { $secret: 'a', $list: [1] } }, /only member/],
    ['a knob as it is shown', { api_key: '***' }, /give its value again/],
    ['a wrapped knob as it is shown', { k: '***' }, /give its value again/],
  ])('%s', (_, knobs, detail) => {
    const [fault] = faultsOf(knobs);
    expect(fault?.pointer).toBe(`/mlConfig/user_knobs/${Object.keys(knobs)[0]}`);
    expect(fault?.detail).toMatch(detail);
  });

  test('a secret of more than 8,192 characters, which is not told', () => {
    const faults = faultsOf({ api_key: 'x'.repeat(8193) });
    expect(JSON.stringify(faults)).not.toContain('xx');
  });

  test('a secret where a number is wanted', () => {
    const bad = { train: { ...train, epochs: secret('s-1') } };
    const { config: aside } = setSecretsAside(bad, 'set');
    expect(() => expandConfigGroup(aside, 1)).toThrow('/mlConfig/train/epochs');
  });
});
