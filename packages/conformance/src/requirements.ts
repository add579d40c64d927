export interface Requirement {
  readonly id: string;
}
export const REQUIREMENTS: readonly Requirement[] = [];
