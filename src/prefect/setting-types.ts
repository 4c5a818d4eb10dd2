const BOOL = /^(true|false|1|0|yes|no|on|off|t|f|y|n)$/i;
const INT = /^[+-]?\d+$/;
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?$/i;
const ISO_DURATION = /^P(?=\d|T\d)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const CLOCK_DURATION = /^(\d{2}):([0-5]\d):([0-5]\d)$/;
const LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];

export type TypeCheck = { ok: true; value: string } | { ok: false; wants: string };

const fine = (value: string): TypeCheck => ({ ok: true, value });
const wants = (what: string): TypeCheck => ({ ok: false, wants: what });

/**
 * Would Prefect read this text as a setting of the type? Stricter than Prefect where Prefect guesses, never looser.
 * @param type of `settings-3.9.1.json`: `bool`, `int>=0`, `float>=30<=3600`, `enum:a|b`, `duration`, `seconds>3600`, …
 * @returns the value to write, or what the setting wants, in words.
 */
export function checkType(type: string, value: string): TypeCheck {
  const [, base = type, range = ''] = /^(int|float|duration|seconds)([<>].*)$/.exec(type) ?? [];
  if (base.startsWith('enum:')) return oneOf(base.slice(5).split('|'), value);
  switch (base) {
    case 'bool':
      return BOOL.test(value) ? fine(value) : wants('true or false');
    case 'int':
      return INT.test(value) && within(Number(value), range) ? fine(value) : wants(`a whole number${limits(range)}`);
    case 'float':
      return FLOAT.test(value) && within(Number(value), range) ? fine(value) : wants(`a number${limits(range)}`);
    case 'level':
      return oneOf(LEVELS, value.toUpperCase());
    case 'duration':
    case 'seconds':
      return duration(base, range, value);
    case 'url':
      return url(value);
    case 'path':
      return value !== '' ? fine(value) : wants('a path');
    case 'codes':
      return every(value, code => /^[1-5]\d\d$/.test(code)) ? fine(value) : wants('status codes such as "429,503"');
    case 'floats':
      return every(value, part => FLOAT.test(part)) ? fine(value) : wants('numbers such as "1,10,60"');
    default:
      return fine(value); // text, list, bool|list: whatever stands there is what is meant.
  }
}

function oneOf(values: readonly string[], value: string): TypeCheck {
  return values.includes(value) ? fine(value) : wants(`one of ${values.join(', ')}`);
}

function duration(base: string, range: string, value: string): TypeCheck {
  const iso = ISO_DURATION.exec(value) ?? [];
  const clock = CLOCK_DURATION.exec(value);
  const [days = '0', hours = '0', minutes = '0', rest = '0'] = clock ? ['0', ...clock.slice(1)] : iso.slice(1);
  const given = clock !== null || iso.length > 0;
  const bare = base === 'seconds' && FLOAT.test(value);
  const total = bare
    ? Number(value)
    : Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
  const sane = total <= 3_000_000_000 && Number(hours) < 24; // A clock time ends at 23:59:59, a timedelta at 2.7 million years.
  if ((given || bare) && sane && total >= 0 && within(total, range)) return fine(value);
  return wants(
    `${base === 'seconds' ? 'a number of seconds or ' : ''}a duration such as "PT5M"${limits(range)}${range ? ' seconds' : ''}`,
  );
}

function url(value: string): TypeCheck {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || /\s/.test(value)) {
    return wants('a URL that begins with http:// or https://');
  }
  if (parsed.username !== '' || parsed.password !== '') return wants('a URL without a user name or password');
  return fine(value);
}

function every(value: string, good: (part: string) => boolean): boolean {
  return value.split(',').every(part => good(part.trim()));
}

/** `>0`, `>=30<=3600` */
function within(value: number, range: string): boolean {
  if (!Number.isFinite(value)) return false;
  return [...range.matchAll(/([<>]=?)([\d.]+)/g)].every(([, sign, limit]) => {
    const bound = Number(limit);
    if (sign === '>') return value > bound;
    if (sign === '>=') return value >= bound;
    return sign === '<' ? value < bound : value <= bound;
  });
}

function limits(range: string): string {
  const words: Record<string, string> = { '>': 'above', '>=': 'of at least', '<': 'below', '<=': 'at most' };
  const parts = [...range.matchAll(/([<>]=?)([\d.]+)/g)].map(([, sign = '', limit]) => `${words[sign]} ${limit}`);
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`;
}
