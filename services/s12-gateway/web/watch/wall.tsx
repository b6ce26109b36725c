/** The health wall: how the system feels, on what figures, how its objectives stand, and who talks to whom. */
import { LevelPanel } from "./level-panel.tsx";
import { ReadingsPanel } from "./readings.tsx";
import { LagsPanel, ServicesTable } from "./services-panel.tsx";
import { SloPanel } from "./slos.tsx";
import { TopologyPanel } from "./topology.tsx";

export const Wall = () => (
  <div className="wall">
    <LevelPanel />
    <SloPanel />
    <ReadingsPanel />
    <TopologyPanel />
    <ServicesTable />
    <LagsPanel />
  </div>
);
