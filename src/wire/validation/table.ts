/** A constraint table of src/wire/generated: what holds of the shapes that requests carry. */
export interface ConstraintTable {
  /** Operation name to the name of its input shape. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly shapes: Readonly<Record<string, ShapeConstraints>>;
}

export interface ShapeConstraints {
  readonly type: string;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  /** Member name to the name of its shape, for members of which something holds. */
  readonly members?: Readonly<Record<string, string>>;
  readonly member?: string;
  readonly key?: string;
  readonly value?: string;
  readonly sparse?: boolean;
}
