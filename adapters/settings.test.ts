import { afterEach, describe, expect, it, vi } from 'vitest';

/** The settings as a function sees them that starts with this environment. */
const settingsUnder = async (environment: Readonly<Record<string, string>>) => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.resetModules();
  return (await import('./settings.ts')).settings;
};

describe('the settings', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('are read once, each when it is asked for', async () => {
    const settings = await settingsUnder({ TABLE_NAME: 'fanfold', DEFAULT_MAX_WORKERS: '16' });
    expect(settings.tableName()).toBe('fanfold');
    expect(settings.defaultMaxWorkers()).toBe(16);
    vi.stubEnv('TABLE_NAME', 'changed');
    expect(settings.tableName()).toBe('fanfold');
  });

  it('take a price, and none as 0', async () => {
    expect((await settingsUnder({ GPU_HOUR_USD: '0.526' })).gpuHourUsd()).toBe(0.526);
    expect((await settingsUnder({ GPU_HOUR_USD: '0' })).gpuHourUsd()).toBe(0);
    const wrong = await settingsUnder({ GPU_HOUR_USD: '-1' });
    expect(() => wrong.gpuHourUsd()).toThrow('GPU_HOUR_USD must be a number from 0, not -1');
  });

  it('name the variable that is missing or wrong', async () => {
    const settings = await settingsUnder({ BUCKET_NAME: '', DEFAULT_MAX_WORKERS: 'many' });
    expect(() => settings.bucketName()).toThrow('BUCKET_NAME is not set');
    expect(() => settings.defaultMaxWorkers()).toThrow(
      'DEFAULT_MAX_WORKERS must be a whole number from 1, not many',
    );
  });
});
