export const secondsPerHour = 3600;

/** What so many seconds of a GPU cost. */
export const usdOf = (gpuSeconds: number, usdPerGpuHour: number): number =>
  (gpuSeconds / secondsPerHour) * usdPerGpuHour;
