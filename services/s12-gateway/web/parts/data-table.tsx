/** A table on TanStack Table: sortable columns, figures on the right, a row opens its story (as does the link in it). */
import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import type { MouseEvent, ReactNode } from "react";

export const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
});
export type Column<T extends object> = ColumnDef<typeof features, T, unknown> & { id: string; align?: "right" };

/** A column from its id, its value for sorting and how it is shown. */
export function column<T extends object>(
  id: string,
  header: string,
  parts: { value: (row: T) => unknown; cell: (row: T) => ReactNode; right?: boolean },
) {
  const made: Column<T> = {
    id,
    header,
    accessorFn: parts.value,
    cell: ({ row }) => parts.cell(row.original),
    sortFn: "basic",
    ...(parts.right ? { align: "right" as const } : {}),
  };
  return made;
}

interface DataTableProps<T extends object> {
  caption: string;
  columns: Column<T>[];
  rows: readonly T[];
  rowId: (row: T) => string;
  /** Without it rows are only read. */
  onOpen?: (row: T) => void;
  /** The row that is open elsewhere on the page. */
  openId?: string;
}

const SORT_MARK = { asc: " ▴", desc: " ▾" } as const;
const ARIA_SORT = { asc: "ascending", desc: "descending" } as const;

export function DataTable<T extends object>({ caption, columns, rows, rowId, onOpen, openId }: DataTableProps<T>) {
  const table = useTable({ features, columns, data: rows as T[], getRowId: rowId, enableSortingRemoval: true });
  const isRight = (id: string) => columns.find((column) => column.id === id)?.align === "right";
  const openRow = (event: MouseEvent, row: T) => {
    if (!(event.target as Element).closest("a, button")) onOpen?.(row);
  };
  return (
    <table className="table" data-opens={onOpen !== undefined || undefined}>
      <caption className="unseen">{caption}</caption>
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {group.headers.map((header) => {
              const sorted = header.column.getIsSorted();
              return (
                <th
                  key={header.id}
                  className={isRight(header.column.id) ? "right" : undefined}
                  aria-sort={sorted ? ARIA_SORT[sorted] : undefined}
                >
                  <button type="button" onClick={header.column.getToggleSortingHandler()}>
                    <table.FlexRender header={header} />
                    {sorted ? SORT_MARK[sorted] : ""}
                  </button>
                </th>
              );
            })}
          </tr>
        ))}
      </thead>
      <tbody>
        {table.getRowModel().rows.map((row) => (
          <tr
            key={row.id}
            aria-current={row.id === openId ? "true" : undefined}
            onClick={(event) => openRow(event, row.original)}
          >
            {row.getAllCells().map((cell) => (
              <td key={cell.id} className={isRight(cell.column.id) ? "right" : undefined}>
                <table.FlexRender cell={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
