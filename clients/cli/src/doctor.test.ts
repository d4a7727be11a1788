import { expect, test } from 'vitest';
import { openApi } from '../../../contract/open-api.ts';
import { checkClock, checkNode, compareRoutes } from './doctor.ts';

test.each([
  ['22.12.0', true],
  ['24.21.0', true],
  ['22.11.9', false],
  ['20.20.2', false],
])('Node %s is new enough: %s', (version, isOk) => {
  expect(checkNode(version)).toMatchObject({ isOk, detail: version });
});

test('a clock may be a minute off', () => {
  const date = 'Tue, 24 Nov 2026 18:00:00 GMT';
  const at = (time: string) => checkClock(date, Date.parse(`2026-11-24T${time}Z`));
  expect(at('18:01:00')).toMatchObject({ isOk: true, detail: '60 s ahead of the service' });
  expect(at('17:58:00')).toMatchObject({ isOk: false, detail: '120 s behind the service' });
  expect(at('18:02:00').remedy).toContain('NTP');
  expect(checkClock(null, 0).isOk).toBe(true);
});

test('a service of another version is told by the routes that it lacks', () => {
  const document = structuredClone(openApi()) as { paths: Record<string, Record<string, unknown>> };
  expect(compareRoutes(document).isOk).toBe(true);
  delete document.paths['/v1/workspaces/{workspace}/experiments']?.['post'];
  expect(compareRoutes(document)).toMatchObject({ isOk: false, detail: 'lacks createExperiment' });
  expect(compareRoutes({}).isOk).toBe(false);
});
