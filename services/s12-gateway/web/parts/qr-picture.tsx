/** A text as a QR picture, drawn as one outline: dark on white whatever the theme, since cameras want it so. */
import { correction, generate } from "lean-qr/nano";
import { useMemo } from "react";

/** Light modules that must stand around it (ISO/IEC 18004). */
const QUIET = 4;

export function QrPicture({ text, label }: { text: string; label: string }) {
  const { path, side } = useMemo(() => outlineOf(text), [text]);
  return (
    <svg className="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={side} height={side} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  );
}

/** Each dark stretch of a row as one flat rectangle. */
function outlineOf(text: string): { path: string; side: number } {
  const code = generate(text, { minCorrectionLevel: correction.M });
  const parts: string[] = [];
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) {
      if (!code.get(x, y)) continue;
      const from = x;
      while (code.get(x + 1, y)) x++;
      const width = x - from + 1;
      parts.push(`M${from + QUIET} ${y + QUIET}h${width}v1h-${width}z`);
    }
  }
  return { path: parts.join(""), side: code.size + 2 * QUIET };
}
