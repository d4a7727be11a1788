import signatures from './torch-signatures.json' with { type: 'json' };

/** The arguments a class takes, besides those the engine gives it. */
export interface Signature {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** Classes that a config may name, of one kind. */
export interface Catalogue {
  /** What one of them is called in a sentence. */
  readonly what: string;
  readonly classes: Readonly<Record<string, Signature>>;
}

export const optimizers: Catalogue = {
  what: 'optimizer of torch.optim',
  classes: signatures.optimizers,
};

export const schedulers: Catalogue = {
  what: 'scheduler of torch.optim.lr_scheduler',
  classes: signatures.schedulers,
};

export const metrics: Catalogue = {
  what: 'metric of torchmetrics',
  classes: signatures.metrics,
};

/** The signature of a class of that name, if there is one. */
export const signatureOf = ({ classes }: Catalogue, name: string): Signature | undefined =>
  Object.hasOwn(classes, name) ? classes[name] : undefined;
