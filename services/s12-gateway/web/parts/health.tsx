/** The lights of all services and the latest alerts. */
import { useQuery } from "@tanstack/react-query";
import { activeQuery, alertsQuery, servicesQuery } from "../api/queries.ts";
import { useText } from "../i18n/translate.ts";
import { When } from "./figures.tsx";
import { SubjectLink } from "./links.tsx";
import { isReplicated, ServiceReplicas } from "./replicas.tsx";
import { Empty, Loaded, Panel } from "./states.tsx";

const ALERTS_SHOWN = 50;

export function ServicesPanel() {
  const { t } = useText();
  const query = useQuery(servicesQuery);
  const active = useQuery(activeQuery).data;
  return (
    <Panel
      id="services"
      title={t("services.title")}
      className="services"
      aside={
        active ? (
          <span className="muted" title={active.hash}>
            {t("services.config", { bundle: active.bundle_id, rev: active.rev })}
          </span>
        ) : null
      }
    >
      <Loaded query={query} rows={3}>
        {({ items }) => (
          <>
            <ul className="lights">
              {items
                .filter((service) => !isReplicated(service))
                .map((service) => (
                  <li key={service.id}>
                    <SubjectLink kind="service" id={service.id} className="service">
                      <span className="light" data-status={service.status} aria-hidden="true" />
                      <span>{service.id.toUpperCase()}</span>
                      <span className="muted service-name">{service.name.replace(/^s\d\d-/, "")}</span>
                      <span className="unseen">{t(`service.${service.status}`)}</span>
                    </SubjectLink>
                  </li>
                ))}
            </ul>
            <ul className="replicated-list">
              {items.filter(isReplicated).map((service) => (
                <ServiceReplicas key={service.id} service={service} />
              ))}
            </ul>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

export function AlertsPanel() {
  const { t } = useText();
  const query = useQuery(alertsQuery);
  return (
    <Panel id="alerts" title={t("alerts.title")} className="alerts">
      <Loaded query={query} rows={4}>
        {(alerts) =>
          alerts.length === 0 ? (
            <Empty>{t("alerts.empty")}</Empty>
          ) : (
            <ol className="rows">
              {alerts.slice(0, ALERTS_SHOWN).map((alert) => (
                <li key={alert.alert_id}>
                  <SubjectLink kind="alert" id={alert.alert_id} className="row-link alert">
                    <When ts={alert.ts} />
                    <span className="severity" data-severity={alert.severity}>
                      {t(`severity.${alert.severity}`)}
                    </span>
                    <span className="alert-text">
                      {t.say(alert.message)}
                      {(alert.count ?? 1) > 1 ? <span className="muted"> ×{alert.count}</span> : null}
                    </span>
                  </SubjectLink>
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
    </Panel>
  );
}
