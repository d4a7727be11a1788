import { startPrediction as route } from '../../contract/inference-routes.ts';
import { useCase } from '../use-case.ts';
import type { InferencePorts } from './start-inference.ts';
import { startInference } from './start-inference.ts';

export const startPrediction = useCase(route, (call, ports: InferencePorts) =>
  startInference('predict', call, ports),
);
