// Stands for `long` in the bundle, which is half as large as all the rest of the D-Bus client. That client needs it for
// 64-bit numbers: the Secret Service sends some (times), as the Numbers that the client makes of them, and is sent none.
module.exports = class Long {
  static fromBits(low, high, unsigned) {
    return new Long((BigInt(unsigned ? high >>> 0 : high | 0) << 32n) | BigInt(low >>> 0));
  }

  static isLong(value) {
    return value instanceof Long;
  }

  constructor(value) {
    this.value = value;
  }

  toNumber() {
    return Number(this.value);
  }
};
