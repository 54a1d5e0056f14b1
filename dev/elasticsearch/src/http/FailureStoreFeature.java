package sk2siem.http;

import java.util.Set;
import org.elasticsearch.cluster.metadata.DataStream;
import org.elasticsearch.features.FeatureSpecification;
import org.elasticsearch.features.NodeFeature;

/** Announces the failure store, as the data-streams module would: without it a bulk request never writes to one. */
public final class FailureStoreFeature implements FeatureSpecification {

    @Override
    public Set<NodeFeature> getFeatures() {
        return Set.of(DataStream.DATA_STREAM_FAILURE_STORE_FEATURE);
    }
}
