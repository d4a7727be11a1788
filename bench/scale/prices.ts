/** List prices in US dollars; what one's own contract says may be less. */
export const prices = {
  region: 'us-east-1',
  asOf: 'mid-2025',
  httpApiRequest: 1.0e-6,
  lambdaRequest: 0.2e-6,
  /** On arm64. */
  lambdaGbSecond: 13.3334e-6,
  /** On demand: 1 KB written; twice that in a transaction. */
  dynamoWriteUnit: 0.625e-6,
  /** On demand: 4 KB read with strong consistency. */
  dynamoReadUnit: 0.125e-6,
  /** PUT, COPY, POST and LIST. */
  s3Write: 5.0e-6,
  /** GET and all others. */
  s3Read: 0.4e-6,
  /** Of a standard workflow. */
  stateTransition: 25.0e-6,
  logsGb: 0.5,
  xRayTrace: 5.0e-6,
  /** An hour of a g4dn.xlarge on Spot, the cheapest machine with a GPU; it varies by the hour. */
  cheapestGpuHour: 0.16,
} as const;
