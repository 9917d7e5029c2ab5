// Longest that one check may take, ms.
const PATIENCE = 90_000;

// Checks with names: all of them run, and every one that fails is told.

export class Checks {
  failed = 0;
  passed = 0;

  async run(name, check) {
    try {
      let late;
      const tired = new Promise((_, refuse) => {
        late = setTimeout(() => refuse(new Error(`not done after ${PATIENCE / 1000} s`)), PATIENCE);
      });
      await Promise.race([check(), tired]).finally(() => clearTimeout(late));
      this.passed += 1;
      console.log(`ok    ${name}`);
    } catch (problem) {
      this.failed += 1;
      console.log(`FAILS ${name}\n      ${String(problem.stack ?? problem).replaceAll("\n", "\n      ")}`);
    }
  }

  // Ends the process.
  end() {
    console.log(`${this.passed} checks hold, ${this.failed} fail`);
    process.exit(this.failed > 0 || this.passed === 0 ? 1 : 0);
  }
}

// Numbers that differ by at most `most`.
export function near(found, expected, most, what) {
  const isNear =
    found !== null &&
    found.length === expected.length &&
    expected.every((value, place) => Math.abs(found[place] - value) <= most);
  if (!isNear) throw new Error(`${what}: expected ${expected.map(short)} within ${most}, found ${found?.map(short)}`);
}

function short(value) {
  return Number(Number(value).toFixed(3));
}
