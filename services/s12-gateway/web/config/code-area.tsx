/** A text area for YAML with line numbers, colours and marks; only the lines in sight are drawn, however long it is. */
import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useText } from "../i18n/translate.ts";
import { gravest, type Mark, paintedLine, type Severity } from "./line-paint.ts";
import { commented, indented, newLine, outdented, type Selected, type TextEdit } from "./text-edits.ts";

/** As in the styles. */
export const LINE_PX = 18;
const LINES_BEYOND = 8;

interface CodeAreaProps {
  label: string;
  text: string;
  marks: readonly Mark[];
  area: RefObject<HTMLTextAreaElement | null>;
  onChange: (text: string) => void;
  /** Where the caret went. */
  onCaret: (offset: number) => void;
  /** Keys with a meaning for the page; true: it has been dealt with. */
  onKey: (event: KeyboardEvent<HTMLTextAreaElement>) => boolean;
  describedBy: string;
}

export function CodeArea({ label, text, marks, area, onChange, onCaret, onKey, describedBy }: CodeAreaProps) {
  const { t } = useText();
  const lines = useMemo(() => linesOf(text), [text]);
  const { first, count, onScroll } = useSight(area);
  const paint = useRef<HTMLPreElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  // After Escape, Tab leaves the text as it does elsewhere.
  const leaving = useRef(false);
  const place = () => {
    const { scrollTop = 0, scrollLeft = 0 } = area.current ?? {};
    const down = first * LINE_PX - scrollTop;
    if (paint.current) paint.current.style.transform = `translate(${-scrollLeft}px, ${down}px)`;
    if (gutter.current) gutter.current.style.transform = `translateY(${down}px)`;
  };
  useLayoutEffect(place);
  const shown = lines.slice(first, first + count);
  const keyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing || onKey(event)) return;
    const edit = editOf(event, leaving.current);
    leaving.current = event.key === "Escape";
    if (!edit) return;
    event.preventDefault();
    insertText(event.currentTarget, edit);
  };
  return (
    <div className="code">
      <div className="code-gutter" aria-hidden="true">
        <div ref={gutter}>
          {shown.map((line, i) => (
            <span key={line.from} data-severity={worstOf(line, marks)}>
              {first + i + 1}
            </span>
          ))}
        </div>
      </div>
      <div className="code-sheet">
        <pre ref={paint} className="code-paint" aria-hidden="true">
          {shown.map((line) => (
            <PaintedLine key={line.from} line={line} marks={marks} />
          ))}
        </pre>
        <textarea
          ref={area}
          aria-label={label}
          aria-describedby={describedBy}
          aria-keyshortcuts="F8"
          title={t("editor.keys")}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          wrap="off"
          value={text}
          onChange={(event) => onChange(event.target.value)}
          onSelect={(event) => onCaret(event.currentTarget.selectionStart)}
          onScroll={() => {
            onScroll();
            place();
          }}
          onKeyDown={keyDown}
        />
      </div>
    </div>
  );
}

interface Line {
  readonly from: number;
  readonly text: string;
}
function linesOf(text: string): Line[] {
  let from = 0;
  return text.split("\n").map((line) => {
    const made = { from, text: line };
    from += line.length + 1;
    return made;
  });
}

const touches = ({ from, text }: Line, mark: Mark): boolean => mark.from <= from + text.length && mark.to > from;
function worstOf(line: Line, marks: readonly Mark[]): Severity | undefined {
  return gravest(marks.filter((mark) => touches(line, mark)).map(({ severity }) => severity));
}

function PaintedLine({ line, marks }: { line: Line; marks: readonly Mark[] }) {
  const here = marks.filter((mark) => touches(line, mark));
  return (
    <>
      {paintedLine(line.text, line.from, here).map(({ text, ink, severity }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a line have no names
        <span key={i} data-ink={ink} data-severity={severity}>
          {text}
        </span>
      ))}
      {"\n"}
    </>
  );
}

/** Which lines are in sight, some more above and below. */
function useSight(area: RefObject<HTMLTextAreaElement | null>) {
  const [sight, setSight] = useState({ first: 0, count: 60 });
  const look = () => {
    const { scrollTop = 0, clientHeight = 0 } = area.current ?? {};
    const first = Math.max(0, Math.floor(scrollTop / LINE_PX) - LINES_BEYOND);
    const count = Math.ceil(clientHeight / LINE_PX) + 2 * LINES_BEYOND;
    setSight((now) => (now.first === first && now.count === count ? now : { first, count }));
  };
  const looking = useRef(look);
  looking.current = look;
  useEffect(() => {
    if (!area.current) return;
    const observer = new ResizeObserver(() => looking.current());
    observer.observe(area.current);
    return () => observer.disconnect();
  }, [area]);
  return { ...sight, onScroll: look };
}

function editOf(event: KeyboardEvent<HTMLTextAreaElement>, isLeaving: boolean): TextEdit | undefined {
  const { value: text, selectionStart: start, selectionEnd: end } = event.currentTarget;
  const selected: Selected = { text, start, end };
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand) return event.key === "/" ? commented(selected) : undefined;
  if (event.altKey) return undefined;
  if (event.key === "Tab" && !isLeaving) return event.shiftKey ? outdented(selected) : indented(selected);
  return event.key === "Enter" && !event.shiftKey ? newLine(selected) : undefined;
}

/** As if it were typed, so that the browser's own undo takes it back. */
export function insertText(area: HTMLTextAreaElement, { from, to, insert, select }: TextEdit): void {
  area.focus();
  area.setSelectionRange(from, to);
  const isDone = insert === "" ? document.execCommand("delete") : document.execCommand("insertText", false, insert);
  if (!isDone) {
    area.setRangeText(insert, from, to, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  area.setSelectionRange(...select);
}
