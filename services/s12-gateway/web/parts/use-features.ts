/** The features of one instrument as they come, with a short past of each; drawn a few times a second at most. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { featuresQuery, hearFeatures, pastMinutesQuery } from "../api/factor-queries.ts";
import { every } from "../api/now.ts";
import { type FactorTracks, foldFeatures, noTracks, withPast } from "../state/factor-track.ts";
import { useLive } from "../state/live.ts";

const DRAW_EVERY_MS = 250;

export function useFeatures(instrument: string) {
  const live = useLive();
  const asked = useQuery(featuresQuery(instrument));
  const past = useQuery(pastMinutesQuery(instrument, live.serverNow())).data;
  const [tracks, setTracks] = useState<FactorTracks>(() => noTracks(instrument));
  useEffect(() => {
    setTracks(noTracks(instrument));
    let heard: FactorTracks | undefined;
    const stopHearing = hearFeatures((set) => {
      heard = foldFeatures(heard ?? noTracks(instrument), set);
    });
    const stopDrawing = every(DRAW_EVERY_MS, () => heard && setTracks(heard));
    return () => {
      stopHearing();
      stopDrawing();
    };
  }, [instrument]);
  const latest = tracks.instrument === instrument ? tracks.latest : undefined;
  return { asked, latest: latest ?? asked.data, tracks: past ? withPast(tracks, past) : tracks };
}
