import openApi from '../../contract/openapi.json' with { type: 'json' };
import { getOpenApi as route } from '../../contract/service-routes.ts';
import { useCase } from '../use-case.ts';

export const getOpenApi = useCase(route, async () => ({ status: 200, body: openApi }));
