// A screen of a terminal, as far as this tool's own output needs one: text, colours, and moving the cursor to repaint.

const EMPTY = { char: ' ', classes: '' };
const COLOURS = { 31: 'red', 32: 'green', 33: 'yellow', 36: 'cyan' };

/** Takes what a program wrote to a terminal and keeps what is on the screen after it, however long that gets. */
export class Screen {
  #rows = [[]];
  #row = 0;
  #column = 0;
  #style = { colour: '', bold: false, dim: false };

  constructor(columns) {
    this.columns = columns;
  }

  write(text) {
    const parts = /\x1b\[([0-9;?]*)([A-Za-z])|\x1b\][^\x07]*\x07|\x1b[78=>]|\r|\n|\x08|([^\x00-\x1f\x7f])/gu;
    for (const [whole, numbers = '', letter, char] of text.matchAll(parts)) {
      if (char !== undefined) this.#put(char);
      else if (letter !== undefined) this.#control(numbers, letter);
      else if (whole === '\r') this.#column = 0;
      else if (whole === '\n') this.#goto(this.#row + 1, this.#column);
      else if (whole === '\x08') this.#column = Math.max(0, this.#column - 1);
    }
  }

  /** Rows of cells, without what is blank at the end of the screen. */
  rows() {
    const last = this.#rows.findLastIndex(row => row.some(cell => cell.char !== ' '));
    return this.#rows.slice(0, last + 1);
  }

  #put(char) {
    if (this.#column >= this.columns) this.#goto(this.#row + 1, 0);
    const { colour, bold, dim } = this.#style;
    const row = this.#rows[this.#row];
    while (row.length < this.#column) row.push(EMPTY);
    row[this.#column] = { char, classes: [colour, bold ? 'bold' : '', dim ? 'dim' : ''].filter(Boolean).join(' ') };
    this.#column += 1;
  }

  #goto(row, column) {
    this.#row = Math.max(0, row);
    this.#column = Math.max(0, column);
    while (this.#rows.length <= this.#row) this.#rows.push([]);
  }

  #control(numbers, letter) {
    if (numbers.startsWith('?')) return; // Showing and hiding the cursor, pasting modes.
    const [first = 0] = numbers.split(';').map(Number);
    const many = first || 1;
    switch (letter) {
      case 'A':
        return this.#goto(this.#row - many, this.#column);
      case 'B':
        return this.#goto(this.#row + many, this.#column);
      case 'C':
        return this.#goto(this.#row, this.#column + many);
      case 'D':
        return this.#goto(this.#row, this.#column - many);
      case 'E':
        return this.#goto(this.#row + many, 0);
      case 'F':
        return this.#goto(this.#row - many, 0);
      case 'G':
        return this.#goto(this.#row, many - 1);
      case 'J':
        this.#eraseLine(0);
        if (first === 0) this.#rows.length = this.#row + 1;
        return;
      case 'K':
        return this.#eraseLine(first);
      case 'm':
        return this.#paint(numbers.split(';').map(Number));
      default:
        throw new Error(`the screen does not know CSI ${numbers}${letter}`);
    }
  }

  #eraseLine(how) {
    const row = this.#rows[this.#row];
    if (how === 0) row.length = Math.min(row.length, this.#column);
    else if (how === 2) row.length = 0;
    else for (let at = 0; at <= this.#column && at < row.length; at++) row[at] = EMPTY;
  }

  #paint(codes) {
    for (const code of codes) {
      if (code === 0) this.#style = { colour: '', bold: false, dim: false };
      else if (code === 1) this.#style.bold = true;
      else if (code === 2) this.#style.dim = true;
      else if (code === 22) Object.assign(this.#style, { bold: false, dim: false });
      else if (code === 39) this.#style.colour = '';
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) this.#style.colour = COLOURS[code % 60] ?? '';
    }
  }
}
