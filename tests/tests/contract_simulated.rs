//! The contract of the ports, kept by the store of the simulation: what it attacks must be like the real ones.

use nachklang_domain::ports::{MailTask, ShardTask};
use nachklang_simulation::store::{Handed, Store};
use nachklang_tests::contract::{Kept, parts, queues};

mod simulated {
    use super::Store;

    nachklang_tests::contract_suite!(std::future::ready(anyhow::Ok(Some(Store::default()))));
}

async fn drain(store: &Store, station: queues::Station) -> anyhow::Result<Vec<MailTask>> {
    let (mut wanted, mut others) = (Vec::new(), Vec::new());
    for handed in store.take_handed() {
        match (handed, station) {
            (Handed::Assignment(task), queues::Station::Assignment)
            | (Handed::Delivery(task) | Handed::Later(task, _), queues::Station::Delivery) => {
                wanted.push(task)
            }
            (other, _) => others.push(other),
        }
    }
    give_back(store, others).await?;
    Ok(wanted)
}

async fn give_back(store: &Store, others: Vec<Handed>) -> Kept {
    use nachklang_domain::ports::{Parts, Queues};
    for handed in others {
        match handed {
            Handed::Assignment(task) => store.to_assignment(&[task]).await?,
            Handed::Delivery(task) | Handed::Later(task, _) => store.to_delivery(&[task]).await?,
            Handed::Part(task) => store.to_planning(&[task]).await?,
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_task_arrives_where_it_was_handed_to() -> Kept {
    queues::a_task_arrives_where_it_was_handed_to(&Store::default(), drain).await
}

#[tokio::test]
async fn a_part_arrives_where_it_goes_on() -> Kept {
    let drain = async |store: &Store| {
        let parts = store.take_handed().into_iter().filter_map(|handed| match handed {
            Handed::Part(task) => Some(task),
            Handed::Assignment(_) | Handed::Delivery(_) | Handed::Later(..) => None,
        });
        Ok(parts.collect::<Vec<ShardTask>>())
    };
    parts::a_part_arrives_where_it_goes_on(&Store::default(), drain).await
}
