/** A port with some of its methods replaced: whatever class it is, the others run on it itself. */
export function instead<P extends object>(port: P, own: Partial<P>): P {
  return new Proxy(port, {
    get(target, name) {
      if (name in own) return own[name as keyof P];
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
