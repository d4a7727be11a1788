import middy from '@middy/core';
import { logger } from '../logger.ts';
import { telemetry } from '../telemetry.ts';
import type { StepInput } from './step.ts';

/** Wires a step of a workflow into a Lambda function; what it throws, Step Functions retries. */
export const step = <Input extends StepInput, Output, Ports>(
  name: string,
  run: (input: Input, ports: Ports) => Promise<Output>,
  ports: () => Ports,
) =>
  middy<Input, Output>()
    .use(telemetry(name))
    .handler((input) => {
      const { workspace, experiment, operation } = input;
      logger.appendKeys({ step: name, workspace, experiment, operation });
      return run(input, ports());
    });
