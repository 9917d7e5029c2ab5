// Numbers for people.

export function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

export function millilitres(ml: number): string {
  if (ml >= 100) return ml.toFixed(0);
  return ml >= 1 ? ml.toFixed(1) : Number(ml.toPrecision(2)).toString();
}
