import { getHealth as route } from '../../contract/service-routes.ts';
import { useCase } from '../use-case.ts';

export const getHealth = useCase(route, async () => ({
  status: 200,
  body: { status: 'ok' as const },
}));
