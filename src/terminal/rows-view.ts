import { clean } from './clean.ts';
import type { Style } from './style.ts';
import { hang, pad, widthOf } from './text.ts';

/** One thing in a glance: what it is, how it is, and whether that is good, still to come, or in the way. */
export interface Row {
  label: string;
  text: string;
  state: 'good' | 'to come' | 'bad';
}

export interface RowsLook {
  style: Style;
  /** Columns. */
  width: number;
}

/** Rows under a title (if any), their texts in one column; read aloud each is `label: text`. Pure. */
export function rowLines(title: string | undefined, rows: readonly Row[], look: RowsLook): string[] {
  const { style, width } = look;
  const head = title === undefined ? [] : hang('', clean(title), width).map(style.bold);
  if (style.accessible) return [...head, ...rows.map(({ label, text }) => `  ${clean(label)}: ${clean(text)}`)];
  const { glyph } = style;
  const marks = { good: glyph.done, 'to come': glyph.waiting, bad: glyph.warn };
  const paints = { good: style.green, 'to come': style.dim, bad: style.yellow };
  const column = Math.max(...rows.map(({ label }) => widthOf(clean(label))));
  return [
    ...head,
    ...rows.flatMap(({ label, text, state }) => {
      const mark = marks[state];
      // On a narrow screen a column of labels would leave no room for the texts.
      const narrow = width < 60;
      const lead = `  ${mark} ${narrow ? clean(label) : pad(clean(label), column)}  `;
      const [first = '', ...rest] = hang(lead, clean(text), width - 1, narrow ? 6 : widthOf(lead));
      return [`  ${paints[state](mark)}${first.slice(2 + mark.length)}`, ...rest];
    }),
  ];
}
