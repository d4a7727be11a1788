import { added } from './added.ts';

/** What was measured of a GPU while a run trained on it. */
export interface GpuUse {
  /** Seconds that were measured, and what the GPU was busy of them. */
  readonly seconds: number;
  readonly busySeconds: number;
  readonly peakMemoryBytes: number;
}

/** Two measurements as one. */
export const addGpuUse = added<GpuUse>((one, other) => ({
  seconds: one.seconds + other.seconds,
  busySeconds: one.busySeconds + other.busySeconds,
  peakMemoryBytes: Math.max(one.peakMemoryBytes, other.peakMemoryBytes),
}));

/** The share of the time that the GPU was busy, from 0 to 1; not known before it was measured. */
export const gpuUtilization = (use: GpuUse | undefined): number | undefined =>
  use && use.seconds > 0 ? use.busySeconds / use.seconds : undefined;
