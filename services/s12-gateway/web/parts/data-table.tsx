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
import type { MouseEvent } from "react";

export const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
});
export type Column<T extends object> = ColumnDef<typeof features, T, unknown> & { id: string; align?: "right" };

interface DataTableProps<T extends object> {
  caption: string;
  columns: Column<T>[];
  rows: readonly T[];
  rowId: (row: T) => string;
  onOpen: (row: T) => void;
}

const SORT_MARK = { asc: " ▴", desc: " ▾" } as const;
const ARIA_SORT = { asc: "ascending", desc: "descending" } as const;

export function DataTable<T extends object>({ caption, columns, rows, rowId, onOpen }: DataTableProps<T>) {
  const table = useTable({ features, columns, data: rows as T[], getRowId: rowId, enableSortingRemoval: true });
  const isRight = (id: string) => columns.find((column) => column.id === id)?.align === "right";
  const openRow = (event: MouseEvent, row: T) => {
    if (!(event.target as Element).closest("a, button")) onOpen(row);
  };
  return (
    <table className="table">
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
          <tr key={row.id} onClick={(event) => openRow(event, row.original)}>
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
